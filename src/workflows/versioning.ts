/** How a workflow's runs relate to new versions of its code. */
import type { WorkflowDefinitionOptions } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/**
 * Options of a workflow that is pinned to its version, or moves to new ones. They hold on versioned workers only:
 * a server refuses them from a worker without a deployment, which has a build id but no deployment's name.
 */
export function versioned(behavior: 'PINNED' | 'AUTO_UPGRADE'): () => WorkflowDefinitionOptions {
  return () => {
    const version = workflowInfo().currentDeploymentVersion;
    return version === undefined || version.deploymentName === '' ? {} : { versioningBehavior: behavior };
  };
}
