import { keepsItsDocument } from '../../contracts/openapi/suite.ts';

keepsItsDocument('rental');
