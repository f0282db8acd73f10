import { z } from 'zod';
import { registryName } from './registry.js';

/** Where a registry is. @source IBM Cloud regions (`eu-de`), Azure locations (`westeurope`) */
export const regionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a region has small letters, digits and "-", as in eu-de');

/** @source Azure resource groups: 1 to 90 letters, digits, `_`, `-`, `.` and parentheses */
export const resourceGroupName = z
  .string()
  .regex(/^[\w().-]{1,90}$/, 'a resource group has 1 to 90 letters, digits, "_", "-", "." or parentheses');

/** @source Azure Container Registry, SKUs */
const plan = z.enum(['basic', 'standard', 'premium']);

/** What is to be changed of a registry; the rest stays as it is, or as it is for a new one. */
export const registryContent = z.strictObject({
  region: regionName.nullable().optional(),
  resourceGroup: resourceGroupName.nullable().optional(),
  plan: plan.optional(),
});

/** As {@link registryContent}, with the name again as the address has it. */
export const namedRegistryContent = registryContent.extend({ name: registryName.optional() });

export type RegistryContent = z.infer<typeof registryContent>;
