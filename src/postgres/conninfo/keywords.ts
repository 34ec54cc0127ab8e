// The connection keywords that libpq knows, with their environment variables and defaults.
// Source: PostgreSQL documentation, "Parameter Key Words" and "Environment Variables".

export interface KeywordEntry {
  readonly env?: string;
  readonly default?: string;
  /** Never printed. */
  readonly secret?: true;
  /** Understood and without effect here. */
  readonly ignored?: true;
}

export const keywords = {
  host: { env: "PGHOST" },
  hostaddr: { env: "PGHOSTADDR" },
  port: { env: "PGPORT", default: "5432" },
  dbname: { env: "PGDATABASE" },
  user: { env: "PGUSER" },
  password: { env: "PGPASSWORD", secret: true },
  passfile: { env: "PGPASSFILE" },
  service: { env: "PGSERVICE" },
  servicefile: { env: "PGSERVICEFILE" },
  application_name: { env: "PGAPPNAME" },
  fallback_application_name: {},
  options: { env: "PGOPTIONS" },
  connect_timeout: { env: "PGCONNECT_TIMEOUT" },
  target_session_attrs: { env: "PGTARGETSESSIONATTRS", default: "any" },
  load_balance_hosts: { env: "PGLOADBALANCEHOSTS", default: "disable" },
  keepalives: { default: "1" },
  keepalives_idle: {},
  keepalives_interval: { ignored: true },
  keepalives_count: { ignored: true },
  tcp_user_timeout: { ignored: true },
  replication: {},
  client_encoding: { env: "PGCLIENTENCODING", ignored: true },
  sslmode: { env: "PGSSLMODE" },
  requiressl: { ignored: true },
  sslnegotiation: { env: "PGSSLNEGOTIATION", default: "postgres" },
  sslcompression: { env: "PGSSLCOMPRESSION", ignored: true },
  sslcert: { env: "PGSSLCERT" },
  sslkey: { env: "PGSSLKEY" },
  sslpassword: { secret: true },
  sslcertmode: { env: "PGSSLCERTMODE", default: "allow" },
  sslrootcert: { env: "PGSSLROOTCERT" },
  sslcrl: { env: "PGSSLCRL" },
  sslcrldir: { env: "PGSSLCRLDIR" },
  sslsni: { env: "PGSSLSNI", ignored: true },
  ssl_min_protocol_version: { env: "PGSSLMINPROTOCOLVERSION", default: "TLSv1.2" },
  ssl_max_protocol_version: { env: "PGSSLMAXPROTOCOLVERSION" },
  channel_binding: { env: "PGCHANNELBINDING", default: "prefer" },
  require_auth: { env: "PGREQUIREAUTH" },
  requirepeer: { env: "PGREQUIREPEER" },
  gssencmode: { env: "PGGSSENCMODE", ignored: true },
  krbsrvname: { env: "PGKRBSRVNAME", ignored: true },
  gsslib: { env: "PGGSSLIB", ignored: true },
  gssdelegation: { env: "PGGSSDELEGATION", ignored: true },
  min_protocol_version: { env: "PGMINPROTOCOLVERSION", ignored: true },
  max_protocol_version: { env: "PGMAXPROTOCOLVERSION", ignored: true },
} as const satisfies Record<string, KeywordEntry>;

export type Keyword = keyof typeof keywords;

export const keywordNames = Object.keys(keywords) as Keyword[];

/** The table without its literal types, for code that treats all keywords alike. */
export const keywordTable: Readonly<Record<Keyword, KeywordEntry>> = keywords;

export function isKeyword(name: string): name is Keyword {
  return Object.hasOwn(keywords, name);
}
