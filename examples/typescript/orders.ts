// The queue, in a module that producers and consumers share: types of events and what belongs to them.
import { defineQueue } from "skytools/pgq";
import { z } from "zod";

export const orders = defineQueue("orders", {
  events: {
    "order:paid": z.object({ id: z.number(), total: z.string() }),
    "order:sent": z.object({ id: z.number(), parcels: z.array(z.string()).default([]) }),
  },
});
