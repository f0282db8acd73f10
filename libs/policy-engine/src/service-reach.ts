/** How far an access policy goes; each part that is not null narrows it. */
export interface ServiceReach {
  readonly kind: 'service';
  readonly region: string | null;
  /** Name of a namespace, in whichever registry of the account. */
  readonly namespace: string | null;
  /** Only namespaces that belong to it. */
  readonly resourceGroup: string | null;
}
