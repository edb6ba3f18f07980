/** Workers as Temporal tells of them: how many look for work, and whether what is new comes to them. */

/** A version of a worker deployment. Without `build_id`: workers without a version. */
export type WorkerVersion = { deployment: string; build_id?: string };

export type Workers = {
  /** How many look for work. */
  count: number;
  /** Their versions, where none of them is the current one: Temporal gives them nothing that is new. */
  waiting: WorkerVersion[];
};

/** What makes a version the current one. */
export function makeCurrentCommand({ deployment, build_id }: WorkerVersion): string {
  const version = build_id === undefined ? '--unversioned' : `--build-id ${build_id}`;
  return `temporal worker deployment set-current-version --deployment-name ${deployment} ${version} --yes`;
}
