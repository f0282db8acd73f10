import type { Caller } from '@berth/http';
import { explain } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { DecisionQuestionReader } from '../decision-questions.js';
import type { DecisionRequestBody } from '../decision-request.js';
import { answerOf, type ExplanationAnswer } from './explanation-answer.js';

/** Says why principals may do things or not: what was considered, what is missing, and the nearest fix. */
@Injectable()
export class ExplainRequests {
  constructor(private readonly reader: DecisionQuestionReader) {}

  /**
   * @param requests 1..100
   * @returns one for each request, in their order
   * @throws as {@link DecisionQuestionReader.read}
   */
  async execute(caller: Caller, requests: readonly DecisionRequestBody[]): Promise<ExplanationAnswer[]> {
    const { view, questions } = await this.reader.read(caller, requests);
    return questions.map((question) => answerOf(explain(view, question.request), question));
  }
}
