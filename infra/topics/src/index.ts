export { topicConfigs } from './topic-configs.js';
