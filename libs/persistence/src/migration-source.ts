import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One step of a schema's history. Never edited once merged. Statements run in order in one transaction, as the owner,
 * with the service's schema as search path, so they name no schema.
 */
export interface MigrationSource {
  /** `<What><13 digits of milliseconds>`, TypeORM's own form: the digits order all migrations of a schema. */
  readonly name: string;
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** The class that TypeORM runs for a source. */
export function migrationClass(source: MigrationSource): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = source.name;

    async up(runner: QueryRunner): Promise<void> {
      for (const statement of source.up) await runner.query(statement);
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const statement of source.down) await runner.query(statement);
    }
  };
}
