// Passwords for Amazon RDS by IAM: tokens signed with the credentials of the machine by the AWS
// SDK's package @aws-sdk/rds-signer, which is loaded only where it is used. A token opens
// connections for 15 minutes; what it has opened stays.

export interface RdsUser {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** null: taken from the host name. */
  readonly region: string | null;
}

/** What is used of the package. */
interface RdsSigner {
  readonly Signer: new (options: {
    readonly hostname: string;
    readonly port: number;
    readonly username: string;
    readonly region: string;
  }) => { getAuthToken(): Promise<string> };
}

const packageName = '@aws-sdk/rds-signer';
const tokenLifeMs = 15 * 60_000;
/** Younger tokens are used again: the connection has time to be opened, clocks may differ. */
const reusedForMs = tokenLifeMs - 5 * 60_000;
/** More users at servers than any configuration has; then all tokens are signed anew. */
const tokensMax = 10_000;

interface Signed {
  readonly token: Promise<string>;
  readonly signedAtMs: number;
}

export class RdsTokens {
  readonly #tokens = new Map<string, Signed>();
  #package: Promise<RdsSigner> | null = null;

  /** A token with minutes to live. Rejects with an Error that says what is missing: the package,
   *  the region, or what the SDK needs. */
  token(user: RdsUser, nowMs = Date.now()): Promise<string> {
    const key = JSON.stringify(user);
    const known = this.#tokens.get(key);
    if (known !== undefined && nowMs - known.signedAtMs < reusedForMs) return known.token;
    const token = this.#sign(user);
    if (this.#tokens.size >= tokensMax) this.#tokens.clear();
    this.#tokens.set(key, { token, signedAtMs: nowMs });
    token.catch(() => this.#forget(key, token));
    return token;
  }

  /** The server refused it: the next one is signed anew. */
  refused(user: RdsUser): void {
    this.#tokens.delete(JSON.stringify(user));
  }

  #forget(key: string, token: Promise<string>): void {
    if (this.#tokens.get(key)?.token === token) this.#tokens.delete(key);
  }

  async #sign({ host, port, user, region }: RdsUser): Promise<string> {
    const signedFor = region ?? regionOf(host);
    if (signedFor === null) {
      throw new Error(`server_iam_region is not set and "${host}" does not name a region`);
    }
    this.#package ??= load();
    this.#package.catch(() => {
      this.#package = null;
    });
    const { Signer } = await this.#package;
    const options = { hostname: host, port, username: user, region: signedFor };
    return await new Signer(options).getAuthToken();
  }
}

/** `name.id.eu-west-1.rds.amazonaws.com` and its kin in China. */
function regionOf(host: string): string | null {
  return /\.([a-z0-9-]+)\.rds\.amazonaws\.com(?:\.cn)?$/.exec(host.toLowerCase())?.[1] ?? null;
}

async function load(): Promise<RdsSigner> {
  // Not a literal: the package is optional and compiles without being there.
  const specifier: string = packageName;
  try {
    return (await import(specifier)) as RdsSigner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const what = `server_auth = "rds_iam" needs the package ${packageName}`;
    throw new Error(`${what}, which is not installed: npm install ${packageName}`);
  }
}
