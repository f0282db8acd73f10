import { isRepositoryPattern } from '@berth/access';
import { principalRef, storableText, type AssignmentScope } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { repositoryRoles } from '@berth/policy-engine';
import { z } from 'zod';
import type { AssignedRole } from '../assigned-role.js';

/** An assignment as people write it. */
export const newAssignment = z.strictObject({
  principal: principalRef
    .max(300)
    .regex(
      /^(?:user|service|workload|group):/,
      'a role is given to a user, service ID, workload or group, as user:<id>',
    )
    .refine((ref) => storableText(300).safeParse(ref).success, 'must not hold NUL or half a character'),
  /** A built-in role's name, or a custom role's name or id. */
  role: storableText(128).min(1),
  scope: storableText(1000).min(1),
  condition: z
    .strictObject({
      repositories: z
        .array(z.string().refine(isRepositoryPattern, 'a repository name such as team/app, or a prefix such as team/*'))
        .min(1)
        .max(100),
    })
    .optional(),
});

export type NewAssignment = z.infer<typeof newAssignment>;

/**
 * A role for repositories needs to be told which ones: by its scope or by a condition. A condition on a role for more
 * would leave nothing of the rest.
 *
 * @throws AppError 'malformed' with code `condition-needed` or `condition-not-possible`
 * @source Azure Container Registry "Microsoft Entra ABAC repository permissions"
 */
export function checkCondition(
  role: AssignedRole,
  scope: AssignmentScope,
  condition: NewAssignment['condition'],
): void {
  const isForRepositories = role.kind === 'built-in' && repositoryRoles.has(role.name);
  const isNarrow = scope.kind === 'repository' || scope.kind === 'namespace';
  if (condition === undefined && isForRepositories && !isNarrow) {
    throw refused(
      'condition-needed',
      `${role.name} is for some repositories: name them in condition.repositories ("*" for all), or in the scope`,
    );
  }
  if (condition !== undefined && role.kind === 'built-in' && !isForRepositories) {
    throw refused('condition-not-possible', `${role.name} is not for repositories alone, so it takes no condition`);
  }
}

function refused(code: string, message: string): AppError {
  return new AppError({ kind: 'malformed', code, message });
}
