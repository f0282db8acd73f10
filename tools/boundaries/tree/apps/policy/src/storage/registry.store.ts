import '../write-scope-map/write-scope-map.js';
