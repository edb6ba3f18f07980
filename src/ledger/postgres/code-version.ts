/**
 * Which functions these are. Both change whenever a file of `src/ledger/<noun>/sql` does: a database that has a higher
 * version was used by a newer Boon, and this one then refuses to start.
 */
export const CODE_VERSION = 5;
export const CODE_DIGEST = '330f221da3281ef096873213071724b74c7d0311ec2d5f1b5da4b4b6eebd8e02';
