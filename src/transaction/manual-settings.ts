// Where a client's session sends its statements by hand: PgPack's own settings, with the levels and
// the transaction semantics of PostgreSQL's (guc.c): SET LOCAL before SET, SET before the startup
// packet, and a rollback undoes both. Shard and sharding key are one: whichever was set last.

import type { Directive, OwnSetting, RoleDirective } from '../plan/directive.ts';

export interface ManualValues {
  readonly directive: Directive | null;
  readonly role: RoleDirective | null;
  /** PgCat's; nothing depends on it yet. */
  readonly primaryReads: boolean | null;
}

export const nothingManual: ManualValues = { directive: null, role: null, primaryReads: null };

/** What a savepoint remembers. */
export interface ManualState {
  readonly session: ManualValues;
  /** What SET LOCAL put in force. */
  readonly local: Partial<ManualValues>;
}

type Field = keyof ManualValues;

export class ManualSettings {
  readonly startup: ManualValues;
  #state: ManualState;
  /** In force. */
  values: ManualValues;
  /** The one in force; another object after every change. */
  directive: Directive | null;

  constructor(startup: ManualValues) {
    this.startup = startup;
    this.values = startup;
    this.directive = startup.directive;
    this.#state = { session: startup, local: {} };
  }

  get state(): ManualState {
    return this.#state;
  }

  /** `local`: until the transaction ends. */
  set<F extends Field>(field: F, value: ManualValues[F], local: boolean): void {
    const { session } = this.#state;
    const rest = { ...this.#state.local };
    delete rest[field];
    if (local) this.restore({ session, local: { ...rest, [field]: value } });
    else this.restore({ session: { ...session, [field]: value }, local: rest });
  }

  /** RESET of one name; the other name's directive stays. */
  reset(name: OwnSetting, local: boolean): void {
    const field = fieldOf(name);
    if (field === 'directive') {
      const { directive } = this.values;
      const kind = name === 'pgdog.shard' ? 'shard' : 'key';
      if (directive !== null && directive.kind !== kind) return;
    }
    this.set(field, this.startup[field], local);
  }

  resetAll(): void {
    this.restore({ session: this.startup, local: {} });
  }

  restore(state: ManualState): void {
    this.#state = state;
    this.values = { ...state.session, ...state.local };
    this.directive = this.values.directive;
  }

  /** The transaction that began with `first` is over. */
  end(committed: boolean, first: ManualState): void {
    this.restore({ session: committed ? this.#state.session : first.session, local: {} });
  }
}

export function fieldOf(name: OwnSetting): Field {
  if (name === 'pgdog.role') return 'role';
  return name === 'primary_reads' ? 'primaryReads' : 'directive';
}
