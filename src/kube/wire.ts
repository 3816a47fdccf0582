// The JSON shapes that the API server sends and takes.
//
// @kubernetes/client-node models timestamps as Date; on the wire, and so in our caches, they are RFC 3339 strings.
// `Wire<T>` is such a model as it really travels, deeply readonly, because a cached object is shared by all its readers.

/** A client-node model as plain JSON: every Date is an RFC 3339 string, and everything is deeply readonly. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer E)[]
    ? readonly Wire<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Wire<T[K]> }
      : T;

/** A deeply readonly view of a plain JSON type. */
export type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;
