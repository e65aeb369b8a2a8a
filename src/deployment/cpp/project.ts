/** Whose project it is, and which version of it. */
import { numberDefine } from '../headers/query.js';
import type { ProjectInfo } from '../impulse.js';
import type { ImpulseSource } from './impulse-source.js';
import { numberFact, stringFact } from './impulse-source.js';

export function readProject(source: ImpulseSource): ProjectInfo {
  const id = numberFact(source, 'project_id', 'EI_CLASSIFIER_PROJECT_ID');
  const owner = stringFact(source, 'project_owner', 'EI_CLASSIFIER_PROJECT_OWNER');
  const name = stringFact(source, 'project_name', 'EI_CLASSIFIER_PROJECT_NAME');
  const deployVersion = numberFact(source, 'deploy_version', 'EI_CLASSIFIER_PROJECT_DEPLOY_VERSION');
  const impulseId = numberFact(source, 'impulse_id');
  const impulseName = stringFact(source, 'impulse_name');
  const studioVersion = readStudioVersion(source);
  return {
    ...(id !== undefined && { id }),
    ...(owner !== undefined && { owner }),
    ...(name !== undefined && { name }),
    ...(deployVersion !== undefined && { deployVersion }),
    ...(impulseId !== undefined && { impulseId }),
    ...(impulseName !== undefined && { impulseName }),
    ...(studioVersion !== undefined && { studioVersion }),
  };
}

function readStudioVersion({ headers }: ImpulseSource): string | undefined {
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map((part) => numberDefine(headers, `EI_STUDIO_VERSION_${part}`));
  return parts[0] === undefined ? undefined : parts.map((part) => part ?? 0).join('.');
}
