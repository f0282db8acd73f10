import type { Caller } from '@berth/http';
import { decide } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { answerOf, type DecisionAnswer } from '../decision-answer.js';
import { DecisionQuestionReader } from '../decision-questions.js';
import type { DecisionRequestBody } from '../decision-request.js';

/** Says whether principals may do things, as it would be decided now, and what decides. */
@Injectable()
export class DecideRequests {
  constructor(private readonly reader: DecisionQuestionReader) {}

  /**
   * @param requests 1..1000
   * @returns one for each request, in their order
   * @throws as {@link DecisionQuestionReader.read}
   */
  async execute(caller: Caller, requests: readonly DecisionRequestBody[]): Promise<DecisionAnswer[]> {
    const { view, questions } = await this.reader.read(caller, requests);
    return questions.map((question) => answerOf(decide(view, question.request), question));
  }
}
