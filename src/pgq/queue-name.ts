// A queue is named by its name, or by anything that has one (a description made by defineQueue).

export type QueueName = string | { readonly name: string };

export function queueNameOf(queue: QueueName): string {
  return typeof queue === "string" ? queue : queue.name;
}
