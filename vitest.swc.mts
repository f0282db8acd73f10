import swc from 'unplugin-swc';

/** How a spec resolves `@berth/*`: to the source, so that a test never runs a stale build. */
export const sourceConditions = ['@berth/source', 'node'];

/** TypeScript with NestJS's decorators and their metadata; vitest's own transform emits no metadata. */
export const decorators = swc.vite({
  swcrc: false,
  module: { type: 'es6' },
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
});
