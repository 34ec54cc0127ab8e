import type { Contest } from "../model.ts";
import { applyContests } from "./apply.ts";
import { compareContests } from "./compare.ts";
import { copyContests } from "./copy.ts";
import { lagContests } from "./lag.ts";
import { originContests } from "./origin.ts";

export const londisteContests: readonly Contest[] = [
  ...copyContests,
  ...applyContests,
  ...lagContests,
  ...originContests,
  ...compareContests,
];
