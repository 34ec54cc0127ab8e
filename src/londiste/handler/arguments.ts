// The arguments of a handler: `key=…` in the table's attributes, described once for checking and for the help.

export interface HandlerArgTypes {
  readonly text: string;
  readonly int: number;
  readonly bool: boolean;
  /** Comma list. */
  readonly list: readonly string[];
}

export interface HandlerArg<T extends keyof HandlerArgTypes = keyof HandlerArgTypes> {
  readonly type: T;
  /** Without a default the value is null when it is not given. */
  readonly default?: HandlerArgTypes[T];
  readonly isRequired?: true;
  readonly choices?: readonly string[];
  readonly oldNames?: readonly string[];
  /** One sentence without a full stop. */
  readonly doc: string;
}

export type HandlerArgs = Readonly<
  Record<string, HandlerArg<"text"> | HandlerArg<"int"> | HandlerArg<"bool"> | HandlerArg<"list">>
>;

type ArgValue<A extends HandlerArg> = A extends { readonly default: unknown } | { readonly isRequired: true }
  ? HandlerArgTypes[A["type"]]
  : HandlerArgTypes[A["type"]] | null;

export type HandlerArgValues<A extends HandlerArgs> = { readonly [K in keyof A]: ArgValue<A[K]> };
