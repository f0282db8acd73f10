import '../storage/registry.store.js';
