import { ConfigDef, javaRegex, string } from '../config/index.ts';
import { JavaError } from '../util/java-error.ts';
import { compileJavaPattern, ReplacementError } from '../util/java-pattern.ts';
import { parseConfig } from './parse-config.ts';
import type { CreateApply } from './record-side.ts';

export const regexRouterConfig = new ConfigDef({
  regex: string({
    importance: 'HIGH',
    validator: javaRegex,
    documentation: 'Regular expression of Java that the whole topic must match.',
  }),
  replacement: string({
    importance: 'HIGH',
    documentation: 'The new topic; $1, $2 … stand for groups of the expression.',
  }),
});

/** Renames the topic of records whose whole topic matches; others pass unchanged. */
export const regexRouter: CreateApply = (config) => {
  const { regex, replacement } = parseConfig(regexRouterConfig, config);
  const pattern = compileJavaPattern(regex);
  const routes = new Map<string, string>();
  const routed = (topic: string): string => {
    try {
      return pattern.replaceFirst(topic, replacement);
    } catch (error) {
      throw error instanceof ReplacementError ? new JavaError(error.javaClass, error.message) : error;
    }
  };
  return (record) => {
    const { topic } = record;
    const known = routes.get(topic);
    if (known !== undefined) return { ...record, topic: known };
    if (!pattern.matches(topic)) return record;
    const target = routed(topic);
    if (routes.size < maxRoutes) routes.set(topic, target);
    return { ...record, topic: target };
  };
};

/** Topics of one task are few; a router behind one that makes topics up may see more. */
const maxRoutes = 1024;
