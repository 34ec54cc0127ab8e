// Sets of a root, a branch and a leaf, each Debian's (d) or ours (o): a root and a branch of Debian's.
import { testOrders } from "./mixed-order.ts";

testOrders("ddo", "ddd");
