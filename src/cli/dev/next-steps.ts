// What `skytools dev` prints once it runs.
import { relative } from "node:path";
import type { KeptCluster } from "../../testing/index.ts";

export function nextSteps({ major, directory, isNew }: KeptCluster, url: string): string {
  const folder = relative(process.cwd(), directory);
  const place = folder === "" || folder.startsWith("..") ? directory : folder;
  return `PostgreSQL ${major} with PgQ and a ticker is running. Ctrl-C stops it; the data ${isNew ? "stay" : "are those"} in ${place}.

    ${url}

In another terminal:

    export SKYTOOLS_DB=${url}
    npx skytools queue create orders
    npx skytools consumer register orders mailer
    npx skytools event insert orders order:paid '{"order": 1}'
    npx skytools status --watch
`;
}
