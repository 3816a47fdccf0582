// oxlint's RuleTester on vitest, for files of this repository: `filename` counts from its top. A case's `name` is its
// title.
import { RuleTester } from 'oxlint/plugins-dev';
import { describe, it } from 'vitest';

import { repository } from './rule.ts';

RuleTester.describe = describe;
RuleTester.it = it;

export const ruleTester: RuleTester = new RuleTester({ cwd: repository, languageOptions: { sourceType: 'module' } });
