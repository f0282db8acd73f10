export {
  generateSecret,
  hashSecret,
  passwordForm,
  secretsEqual,
  type PasswordForm,
  type SecretPrefix,
} from './secret.js';
export { deriveDevicePassword, keyIdOfDevicePassword, type DeviceIdentity } from './device-password.js';
export { PasswordHasher, type PasswordHasherOptions } from './password-hasher.js';
export { open, seal, type SealContext } from './seal.js';
export {
  exportPrivateKey,
  generateSigningKey,
  importPrivateKey,
  publicKeyOf,
  thumbprintOf,
  type PublicJwk,
  type SigningKeyPair,
} from './signing-key-pair.js';
export { TokenSigner, type ClaimsOf } from './token-signer.js';
export {
  TokenVerifier,
  type ExpectedAudience,
  type TokenVerifierOptions,
  type VerifyingKey,
} from './token-verifier.js';
export { maxTokenLength } from './compact-token.js';
export { isExpired } from './invalid-token.js';
export { jwks, type PublishedJwk } from './jwks.js';
export { IssuerKeySet, maxIssuerKeys, type SubjectExpectation, type SubjectVerification } from './issuer-key-set.js';
export { readSubjectToken, type SubjectClaims } from './subject-token.js';
export {
  maxRefreshTokenLength,
  RefreshTokens,
  type RefreshClaims,
  type RefreshTokensOptions,
} from './refresh-tokens.js';
