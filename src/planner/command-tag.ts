// The leading words of the command tag that PostgreSQL answers a statement with (cmdtaglist.h,
// CreateCommandTag in utility.c).

import { nodeType, type SyntaxNode } from '../sql/syntax-tree.ts';

const fixedTags: Readonly<Record<string, string>> = {
  SelectStmt: 'SELECT',
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
  CopyStmt: 'COPY',
  ExplainStmt: 'EXPLAIN',
  VariableShowStmt: 'SHOW',
  DeclareCursorStmt: 'DECLARE CURSOR',
  ClosePortalStmt: 'CLOSE CURSOR',
  PrepareStmt: 'PREPARE',
  ExecuteStmt: 'EXECUTE',
  ListenStmt: 'LISTEN',
  UnlistenStmt: 'UNLISTEN',
  NotifyStmt: 'NOTIFY',
  LoadStmt: 'LOAD',
  DoStmt: 'DO',
  CallStmt: 'CALL',
  LockStmt: 'LOCK TABLE',
  TruncateStmt: 'TRUNCATE TABLE',
  CheckPointStmt: 'CHECKPOINT',
  ConstraintsSetStmt: 'SET CONSTRAINTS',
  CreateStmt: 'CREATE TABLE',
  CreateForeignTableStmt: 'CREATE FOREIGN TABLE',
  IndexStmt: 'CREATE INDEX',
  ViewStmt: 'CREATE VIEW',
  CreateSeqStmt: 'CREATE SEQUENCE',
  AlterSeqStmt: 'ALTER SEQUENCE',
  CreateSchemaStmt: 'CREATE SCHEMA',
  CreateTrigStmt: 'CREATE TRIGGER',
  CreateExtensionStmt: 'CREATE EXTENSION',
  AlterExtensionStmt: 'ALTER EXTENSION',
  CreateEnumStmt: 'CREATE TYPE',
  CompositeTypeStmt: 'CREATE TYPE',
  CreateRangeStmt: 'CREATE TYPE',
  AlterEnumStmt: 'ALTER TYPE',
  CreateDomainStmt: 'CREATE DOMAIN',
  AlterDomainStmt: 'ALTER DOMAIN',
  CreatePolicyStmt: 'CREATE POLICY',
  AlterPolicyStmt: 'ALTER POLICY',
  CreateRoleStmt: 'CREATE ROLE',
  AlterRoleStmt: 'ALTER ROLE',
  AlterRoleSetStmt: 'ALTER ROLE',
  DropRoleStmt: 'DROP ROLE',
  CreatedbStmt: 'CREATE DATABASE',
  DropdbStmt: 'DROP DATABASE',
  AlterDatabaseStmt: 'ALTER DATABASE',
  AlterDatabaseSetStmt: 'ALTER DATABASE',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  DropTableSpaceStmt: 'DROP TABLESPACE',
  AlterSystemStmt: 'ALTER SYSTEM',
  CommentStmt: 'COMMENT',
  RuleStmt: 'CREATE RULE',
  ReindexStmt: 'REINDEX',
  ClusterStmt: 'CLUSTER',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  CreateStatsStmt: 'CREATE STATISTICS',
  CreateCastStmt: 'CREATE CAST',
  CreatePublicationStmt: 'CREATE PUBLICATION',
  AlterPublicationStmt: 'ALTER PUBLICATION',
  CreateSubscriptionStmt: 'CREATE SUBSCRIPTION',
  AlterSubscriptionStmt: 'ALTER SUBSCRIPTION',
  DropSubscriptionStmt: 'DROP SUBSCRIPTION',
  AlterDefaultPrivilegesStmt: 'ALTER DEFAULT PRIVILEGES',
  DropOwnedStmt: 'DROP OWNED',
  ReassignOwnedStmt: 'REASSIGN OWNED',
};

const transactionTags: Readonly<Record<string, string>> = {
  TRANS_STMT_BEGIN: 'BEGIN',
  TRANS_STMT_START: 'START TRANSACTION',
  TRANS_STMT_COMMIT: 'COMMIT',
  TRANS_STMT_ROLLBACK: 'ROLLBACK',
  TRANS_STMT_SAVEPOINT: 'SAVEPOINT',
  TRANS_STMT_RELEASE: 'RELEASE',
  TRANS_STMT_ROLLBACK_TO: 'ROLLBACK',
  TRANS_STMT_PREPARE: 'PREPARE TRANSACTION',
  TRANS_STMT_COMMIT_PREPARED: 'COMMIT PREPARED',
  TRANS_STMT_ROLLBACK_PREPARED: 'ROLLBACK PREPARED',
};

const objectWords: Readonly<Record<string, string>> = {
  MATVIEW: 'MATERIALIZED VIEW',
  TABCONSTRAINT: 'TABLE',
  COLUMN: 'TABLE',
  ATTRIBUTE: 'TYPE',
  DOMCONSTRAINT: 'DOMAIN',
  TSCONFIGURATION: 'TEXT SEARCH CONFIGURATION',
  TSDICTIONARY: 'TEXT SEARCH DICTIONARY',
  TSPARSER: 'TEXT SEARCH PARSER',
  TSTEMPLATE: 'TEXT SEARCH TEMPLATE',
  FDW: 'FOREIGN DATA WRAPPER',
  OPCLASS: 'OPERATOR CLASS',
  OPFAMILY: 'OPERATOR FAMILY',
  STATISTIC_EXT: 'STATISTICS',
  FOREIGN_SERVER: 'SERVER',
};

export function commandTag(stmt: SyntaxNode): string {
  if (stmt.TransactionStmt !== undefined) {
    return transactionTags[stmt.TransactionStmt.kind ?? ''] ?? 'BEGIN';
  }
  if (stmt.VariableSetStmt !== undefined) {
    return stmt.VariableSetStmt.kind?.startsWith('VAR_RESET') ? 'RESET' : 'SET';
  }
  if (stmt.FetchStmt !== undefined) return stmt.FetchStmt.ismove ? 'MOVE' : 'FETCH';
  if (stmt.VacuumStmt !== undefined) return stmt.VacuumStmt.is_vacuumcmd ? 'VACUUM' : 'ANALYZE';
  if (stmt.DiscardStmt !== undefined) return discardTag(stmt.DiscardStmt.target);
  if (stmt.DeallocateStmt !== undefined) {
    return stmt.DeallocateStmt.isall ? 'DEALLOCATE ALL' : 'DEALLOCATE';
  }
  return objectTag(stmt) ?? fixedTags[nodeType(stmt)] ?? '';
}

/** Statements whose tag names the kind of object. */
function objectTag(stmt: SyntaxNode): string | null {
  if (stmt.DropStmt !== undefined) return `DROP ${words(stmt.DropStmt.removeType)}`;
  if (stmt.AlterTableStmt !== undefined) return `ALTER ${words(stmt.AlterTableStmt.objtype)}`;
  if (stmt.RenameStmt !== undefined) {
    const { renameType, relationType } = stmt.RenameStmt;
    return `ALTER ${words(renameType === 'OBJECT_COLUMN' ? relationType : renameType)}`;
  }
  if (stmt.AlterObjectSchemaStmt !== undefined) {
    return `ALTER ${words(stmt.AlterObjectSchemaStmt.objectType)}`;
  }
  if (stmt.AlterOwnerStmt !== undefined) return `ALTER ${words(stmt.AlterOwnerStmt.objectType)}`;
  if (stmt.AlterFunctionStmt !== undefined) return `ALTER ${words(stmt.AlterFunctionStmt.objtype)}`;
  if (stmt.DefineStmt !== undefined) return `CREATE ${words(stmt.DefineStmt.kind)}`;
  if (stmt.CreateTableAsStmt !== undefined) {
    return `CREATE ${words(stmt.CreateTableAsStmt.objtype)} AS`.replace('VIEW AS', 'VIEW');
  }
  if (stmt.CreateFunctionStmt !== undefined) {
    return stmt.CreateFunctionStmt.is_procedure ? 'CREATE PROCEDURE' : 'CREATE FUNCTION';
  }
  if (stmt.GrantStmt !== undefined) return stmt.GrantStmt.is_grant ? 'GRANT' : 'REVOKE';
  if (stmt.GrantRoleStmt !== undefined) {
    return stmt.GrantRoleStmt.is_grant ? 'GRANT ROLE' : 'REVOKE ROLE';
  }
  return null;
}

function words(objectType: string | undefined): string {
  const name = (objectType ?? '').replace(/^OBJECT_/, '');
  return objectWords[name] ?? name.replaceAll('_', ' ');
}

function discardTag(target: string | undefined): string {
  return (target ?? '').replace('_', ' ');
}
