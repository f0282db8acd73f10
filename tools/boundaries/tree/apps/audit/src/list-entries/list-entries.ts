import '../append-entries/append-entries.js';
