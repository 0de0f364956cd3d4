"""Bugs to plant in copies of the bundled environments: each a replacement of text that occurs once in a file."""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    """A bug: in which environment, and (file, text, other text) to put it there."""

    name: str
    environment: str
    edits: tuple[tuple[str, str, str], ...]


def _body(environment: str, name: str, old: str, new: str) -> Bug:
    return Bug(name, environment, (("environment.json", old, new),))


def _line(line: str) -> str:
    return f'"{line}"'


_LOANS = "'loan_id': loan_id,\",\n        \"    'copy_id': copy_id,"
_TASK = '{"id": "planted", "instruction": "%s", "expect": [%s]}\n'
_FIRST_SHOP = '{"id": "exhibition-frame", "instruction"'
_FIRST_LIBRARY = '{"id": "lamp-room", "instruction"'

SHOP: tuple[Bug, ...] = (
    _body(
        "frame_shop",
        "a read that writes",
        "\"return {'order_id': order_id, 'status': state.orders[order_id]['status']}\"",
        "\"state.orders[order_id]['remarks'] = 'asked for'\", "
        "\"return {'order_id': order_id, 'status': state.orders[order_id]['status']}\"",
    ),
    _body(
        "frame_shop",
        "a write outside its tables",
        "\"order_id = new_id('orders')\"",
        "\"order_id = new_id('orders')\", \"state.users[user_id]['zip_code'] = '00000'\"",
    ),
    _body(
        "frame_shop",
        "a constant that differs from its quote",
        '"NON_GLARE_LONG": {"value": 70',
        '"NON_GLARE_LONG": {"value": 75',
    ),
    _body(
        "frame_shop",
        "a limit one off: < for <=",
        '"if short <= limit_short and long <= limit_long:"',
        '"if short < limit_short and long < limit_long:"',
    ),
    _body(
        "frame_shop",
        "a row under a wrong key",
        "\"    'order_id': order_id,\",\n        \"    'user_id': user_id,\"",
        "\"    'order_id': user_id,\",\n        \"    'user_id': user_id,\"",
    ),
    _body(
        "frame_shop",
        "an id reused",
        "\"order_id = new_id('orders')\"",
        "\"order_id = f'ORD_{1200 + len(state.orders)}'\"",
    ),
    _body(
        "frame_shop",
        "a tool that can never succeed",
        "\"require(order_id in state.orders, 'No such order.')\"",
        "\"require(order_id in state.orders and order_id in state.mount_prices, 'No such order.')\"",
    ),
    _body(
        "frame_shop",
        "a result that breaks returns in a corner",
        "\"    'mount_cost': mount,\"",
        "\"    'mount_cost': mount or None,\"",
    ),
    _body(
        "frame_shop",
        "a crash when an optional argument is absent",
        "by_email = email is not None and user['email']",
        "by_email = user['email']",
    ),
    Bug(
        "an impossible task: beyond every glass",
        "frame_shop",
        (
            (
                "tasks.jsonl",
                _FIRST_SHOP,
                _TASK
                % (
                    "A frame of 2 by 2 metres.",
                    '{"table": "orders", "where": {"frame_width": 200, "frame_height": 200}, "count": 1}',
                )
                + _FIRST_SHOP,
            ),
        ),
    ),
    Bug(
        "a vacuous task",
        "frame_shop",
        (
            (
                "tasks.jsonl",
                _FIRST_SHOP,
                _TASK
                % (
                    "See that ORD_1203 is delivered.",
                    '{"table": "orders", "where": {"order_id": "ORD_1203", "status": "delivered"}}',
                )
                + _FIRST_SHOP,
            ),
        ),
    ),
    Bug(
        "a task with a misspelt field",
        "frame_shop",
        (
            (
                "tasks.jsonl",
                _FIRST_SHOP,
                _TASK % ("Order something.", '{"table": "orders", "where": {"frame_widht": 40}, "count": 1}')
                + _FIRST_SHOP,
            ),
        ),
    ),
    _body(
        "frame_shop",
        "a dependence on dictionary order",
        "return min(fitting, key=lambda row: row[field])['price_usd']",
        "return fitting[0]['price_usd']",
    ),
    _body(
        "frame_shop",
        "a value outside the entity's enum",
        "\"    'status': 'confirmed',\",\n        \"}\"",
        "\"    'status': 'placed',\",\n        \"}\"",
    ),
    _body(
        "frame_shop",
        "a missing required",
        '["user_id", "frame_width", "frame_height", "glass_type", "frame_style"],\n',
        '["user_id", "frame_width", "frame_height", "glass_type"],\n',
    ),
    _body(
        "frame_shop",
        "a wrong table",
        "'status': state.orders[order_id]['status']}",
        "'status': state.users[order_id]['status']}",
    ),
    _body("frame_shop", "a table not declared as read", '"reads": ["users", "orders"]', '"reads": ["users"]'),
    _body(
        "frame_shop",
        "a loop without end",
        '"added = MOUNT_SIDES * mount_width"',
        '"added = MOUNT_SIDES * mount_width", "while added > 9.5:", "    added = added + 1"',
    ),
    _body(
        "frame_shop",
        "a condition turned round",
        "\"require(user_id in state.users, 'R1')\"",
        "\"require(user_id not in state.users, 'R1')\"",
    ),
)

LIBRARY: tuple[Bug, ...] = (
    _body(
        "library",
        "a limit one off: <= for < (reservations)",
        "require(len(reserved) < MAX_HOLDS, 'R14')",
        "require(len(reserved) <= MAX_HOLDS, 'R14')",
    ),
    _body(
        "library",
        "a limit one off: <= for < (renewals)",
        "require(loan['renewals'] < MAX_RENEWALS, 'R9')",
        "require(loan['renewals'] <= MAX_RENEWALS, 'R9')",
    ),
    _body("library", "a limit one off: < for <= (grace)", "if days_late > GRACE_DAYS:", "if days_late >= GRACE_DAYS:"),
    _body(
        "library",
        "a constant that differs from its quote (days)",
        '"HOLD_SHELF_DAYS": {"value": 5',
        '"HOLD_SHELF_DAYS": {"value": 6',
    ),
    _body(
        "library",
        "a limit that nothing enforces",
        "\"require(not any(row['settled_on'] > since for row in waived), 'R26')\",\n",
        "",
    ),
    _body(
        "library", "an amount that is no integer", "'paid_cents': amount_cents, ", "'paid_cents': amount_cents / 1, "
    ),
    _body(
        "library",
        "a date that is none",
        "member['valid_until'] = (max(last_day, today) + datetime.timedelta(days=CARD_DAYS)).isoformat()",
        'new = max(last_day, today) + datetime.timedelta(days=CARD_DAYS)", '
        "\"member['valid_until'] = f'{new.day}.{new.month}.{new.year}'",
    ),
    _body(
        "library",
        "a reference to nothing",
        "\"    'hold_id': hold_id,\",\n        \"    'title_id': title_id,\",\n        \"    'member_id': member_id,\"",
        "\"    'hold_id': hold_id,\",\n        \"    'title_id': title_id,\",\n        \"    'member_id': title_id,\"",
    ),
    _body(
        "library",
        "an id reused (sign-ups)",
        "\"signup_id = new_id('signups')\"",
        "\"signup_id = f'S{900 + len(taken) + 1}'\"",
    ),
    _body(
        "library",
        "a tool that can never succeed (cancel)",
        "\"require(hold['status'] in ('waiting', 'ready'), f\\\"The reservation is {hold['status']} already.\\\")\"",
        "\"require(hold['status'] in ('pending',), f\\\"The reservation is {hold['status']} already.\\\")\"",
    ),
    _body(
        "library",
        "a read that writes (charges)",
        "\"total = sum(row['amount_cents'] for row in charges)\"",
        "\"for row in charges:\", \"    row['about'] = row['about'].upper()\", "
        "\"total = sum(row['amount_cents'] for row in charges)\"",
    ),
    _body(
        "library",
        "a dependence on dictionary order (queue)",
        "min(waiting, key=lambda hold: hold['placed_on']).update(",
        "waiting[0].update(",
    ),
    _body(
        "library",
        "a crash on an empty table",
        "for row in state.members.values()), default=40000) + 1",
        "for row in state.members.values())) + 1",
    ),
    _body(
        "library",
        "a crash on a null",
        "event['min_age'] <= age <= (event['max_age'] or 150)",
        "event['min_age'] <= age <= event['max_age']",
    ),
    _body(
        "library",
        "a wrong table (staff)",
        "for person in state.staff.values() if person['code']",
        "for person in state.members.values() if person['code']",
    ),
    _body(
        "library",
        "a wrong effect",
        '"name": "renew_card",\n      "description": "Renew a member\'s card.",\n      "effect": "write"',
        '"name": "renew_card",\n      "description": "Renew a member\'s card.",\n      "effect": "read"',
    ),
    _body("library", "a table not declared as written", '"writes": ["requests", "charges"]', '"writes": ["requests"]'),
    _body(
        "library", "an amount as text", "\"        'amount_cents': cents,\"", "\"        'amount_cents': str(cents),\""
    ),
    _body("library", "a count that is one off", "'items_out': len(out) + 1}", "'items_out': len(out)}"),
    _body(
        "library",
        "a branch that is never entered",
        "if hold['status'] == 'ready' and hold['copy_id'] == copy_id:",
        "if hold['status'] == 'kept' and hold['copy_id'] == copy_id:",
    ),
    _body(
        "library",
        "a limit compared with the wrong field",
        "require(len(reserved) < MAX_HOLDS, 'R14')",
        "require(len(out) < MAX_HOLDS, 'R14')",
    ),
    _body(
        "library",
        "a payment larger than the charge",
        "require(amount_cents == charge['amount_cents'], 'R23')",
        "require(amount_cents >= charge['amount_cents'], 'R23')",
    ),
    _body(
        "library",
        "a status that never changes",
        "charge.update(status='paid', settled_on=now()[:10])",
        "charge.update(settled_on=now()[:10])",
    ),
    _body(
        "library",
        "a row deleted twice",
        "\"hold.update(status='cancelled', copy_id=None, ready_until=None)\"",
        '"del state.holds[hold_id]", "del state.holds[hold_id]"',
    ),
    _body(
        "library",
        "a result without a required field",
        "'email': member['email'], 'phone': member['phone']}",
        "'email': member['email']}",
    ),
    _body(
        "library",
        "a change that is never put back",
        "\"member['email'] = email or member['email']\",\n        \"member['phone'] = phone or member['phone']\"",
        "\"member = {**member, 'email': email or member['email'], 'phone': phone or member['phone']}\"",
    ),
    _body(
        "library",
        "a missing rollback: a refusal as a result",
        "\"require(loan['renewals'] < MAX_RENEWALS, 'R9')\"",
        "\"loan['renewals'] += 1\", \"if loan['renewals'] > MAX_RENEWALS:\", "
        "\"    return {'loan_id': loan_id, 'status': 'refused'}\", \"loan['renewals'] -= 1\"",
    ),
    Bug(
        "an impossible task: nothing writes it",
        "library",
        (
            (
                "tasks.jsonl",
                _FIRST_LIBRARY,
                _TASK % ("Have Christmas Day opened.", '{"table": "closing_days", "where": {}, "count": 0}')
                + _FIRST_LIBRARY,
            ),
        ),
    ),
    Bug(
        "a task that contradicts itself",
        "library",
        (
            (
                "tasks.jsonl",
                _FIRST_LIBRARY,
                _TASK
                % (
                    "Lend C1002 and lend nothing.",
                    '{"table": "loans", "where": {"copy_id": "C1002", "returned_on": null}, "count": 1}, '
                    '{"table": "loans", "where": {"copy_id": "C1002"}, "count": 0}',
                )
                + _FIRST_LIBRARY,
            ),
        ),
    ),
)

BUGS: tuple[Bug, ...] = (*SHOP, *LIBRARY)
