// Sets of a root, a branch and a leaf, each Debian's (d) or ours (o): below a root of ours.
import { testOrders } from "./mixed-order.ts";

testOrders("odd", "odo", "ood");
