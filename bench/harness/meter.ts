// Times a piece of work: its rate, and the CPU time that the server and this process spent on it, which other work on
// the machine disturbs less.

export interface Reading {
  readonly [figure: string]: number;
}

export interface Meter {
  /** `work` gives the number of events that it dealt with. */
  time(work: () => Promise<number>): Promise<Reading>;
}

export function createMeter(serverCpuSeconds: () => number): Meter {
  const cpuSeconds = (): number => {
    const { user, system } = process.cpuUsage();
    return serverCpuSeconds() + (user + system) / 1e6;
  };
  return {
    async time(work) {
      const cpu = cpuSeconds();
      const from = performance.now();
      const events = await work();
      const seconds = (performance.now() - from) / 1000;
      return { rate: events / seconds, cpu: ((cpuSeconds() - cpu) * 1e6) / events };
    },
  };
}
