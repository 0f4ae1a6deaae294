// The constants of the ABI, for filters that speak it themselves: `import { … } from 'sluice/abi'`.
export * from '../abi/abi';
