// What the parent and the child processes say to each other.
export type FromChild =
  | { readonly kind: "ready" }
  | { readonly kind: "committed"; readonly keys: readonly string[] }
  | { readonly kind: "count"; readonly what: string; readonly by: number };

export interface ToChild {
  readonly kind: "shift clock";
  readonly ms: number;
}
