export type { ErrorBodyForm, FaultAction, FaultDefinition, Operation } from './control/fault.ts';
export type { FaultState, Faults } from './control/faults.ts';
export { type EmulatorOptions, type RunningEmulator, startEmulator } from './emulator.ts';
