// Sets of a root, a branch and a leaf, each Debian's (d) or ours (o): a root of Debian's above a branch of ours.
import { testOrders } from "./mixed-order.ts";

testOrders("dod", "doo");
