/** What can be built, as the API's `ProjectDeploymentTarget`. */
import * as v from 'valibot';
import {
  BUILD_ENGINE,
  BUILD_FORMATS,
  type BuildFormat,
  FORMAT_FACTS,
  MODEL_VARIANTS,
  type ModelVariant,
} from '../registry/build-targets.js';

/** What a project has to build from. */
export interface ProjectFacts {
  readonly variants: readonly ModelVariant[];
  readonly reasonDisabled?: string;
}

export const deploymentTargetSchema = v.looseObject({
  name: v.string(),
  description: v.string(),
  format: v.picklist(BUILD_FORMATS),
  supportedEngines: v.array(v.string()),
  preferredEngine: v.string(),
  modelVariants: v.array(
    v.object({ variant: v.picklist(MODEL_VARIANTS), supported: v.boolean(), hint: v.optional(v.string()) }),
  ),
  recommendedForProject: v.boolean(),
  disabledForProject: v.boolean(),
  reasonTargetDisabled: v.optional(v.string()),
});

/** Compilers and chips that are not used here. */
const WITHOUT = {
  hasEonCompiler: false,
  hasTensorRT: false,
  hasTensaiFlow: false,
  hasDRPAI: false,
  hasTIDL: false,
  hasAkida: false,
  hasMemryx: false,
  hasStAton: false,
  hasCevaNpn: false,
  hasNordicAxon: false,
  hasQaic: false,
};

const EVERYTHING: ProjectFacts = { variants: MODEL_VARIANTS };

export function targetsOf(facts: ProjectFacts = EVERYTHING) {
  return BUILD_FORMATS.map((format) => targetOf(format, facts));
}

/** Undefined for a format that is not built here. */
export function deploymentTarget(format: string, facts: ProjectFacts) {
  const known = BUILD_FORMATS.find((each) => each === format);
  return known && targetOf(known, facts);
}

function targetOf(format: BuildFormat, { variants, reasonDisabled }: ProjectFacts) {
  return {
    ...FORMAT_FACTS[format],
    image: '',
    imageClasses: '',
    format,
    ...WITHOUT,
    hideOptimizations: false,
    uiSection: 'library',
    supportedEngines: [BUILD_ENGINE],
    preferredEngine: BUILD_ENGINE,
    docsUrl: '',
    modelVariants: MODEL_VARIANTS.map((variant) => ({ variant, supported: variants.includes(variant) })),
    parameters: [],
    recommendedForProject: format === 'zip' && reasonDisabled === undefined,
    disabledForProject: reasonDisabled !== undefined,
    ...(reasonDisabled !== undefined && { reasonTargetDisabled: reasonDisabled }),
  };
}
