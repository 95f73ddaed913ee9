from charter import Actor, Contract, Policy, Resource, User, allow

todo = Contract("todo")


@todo.resource
class Task(Resource):
    owner: User
    title: str
    done: bool = False


@todo.policy(Task)
def task_policy(task: Task, actor: Actor) -> Policy:
    yield allow("*", when=task.owner == actor.user)
