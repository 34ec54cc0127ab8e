// The named connections of a program as a Database of the library: as many sessions as are needed at once, opened anew
// after errors, after connection_lifetime, and when the connection string has changed.
import { type ConnectionSupply, type Database, suppliedDatabase } from "../../pgq/index.ts";
import type { Connections } from "../../service/index.ts";

type Connection = Awaited<ReturnType<Connections["get"]>>;

/** @param key - of the connection string. What handlers get by connections.get(key) is a session of their own. */
export function programDatabase(connections: Connections, key: string): Database {
  const places = new Map<string, Connection | null>();
  const supply: ConnectionSupply = {
    async take() {
      const place = freePlace(key, places);
      places.set(place, null);
      try {
        const connection = await connections.get(key, { cache: place });
        places.set(place, connection);
        return connection;
      } catch (error) {
        places.delete(place);
        throw error;
      }
    },
    async giveBack(connection, isBroken) {
      const place = [...places].find(([, taken]) => taken === connection)?.[0];
      if (place === undefined) return;
      if (isBroken || !connection.isOpen) await connections.close(place);
      places.delete(place);
    },
    connectToListen: () => connections.get(key, { cache: `${key}: ticks` }),
  };
  return suppliedDatabase(supply);
}

function freePlace(key: string, places: ReadonlyMap<string, unknown>): string {
  for (let number = 1; ; number += 1) {
    const place = `${key}: ${number}`;
    if (!places.has(place)) return place;
  }
}
