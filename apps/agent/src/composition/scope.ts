import 'reflect-metadata';
import type { DisposalStack } from '@bai/core';
import { container, type DependencyContainer, type InjectionToken, instanceCachingFactory } from 'tsyringe';

/** A container of bindings, and the stack that closes in reverse what they made. */
export interface Scope {
  readonly container: DependencyContainer;
  readonly stack: DisposalStack;
}

export const newContainer = (): DependencyContainer => container.createChildContainer();

/** Binds a token to a factory that runs once, when the token is first needed. */
export function bindOnce<T>(scope: Scope, token: InjectionToken<T>, create: (scope: Scope) => T): void {
  scope.container.register(token, { useFactory: instanceCachingFactory(() => create(scope)) });
}

/** The same for what must be closed: it goes onto the stack when it is there. */
export function bindDisposable<T extends AsyncDisposable | Disposable>(
  scope: Scope,
  token: InjectionToken<T>,
  name: string,
  create: (scope: Scope) => T,
): void {
  bindOnce(scope, token, () => scope.stack.use(create(scope), name));
}
