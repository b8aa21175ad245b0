"""Synapse's state resolution as a filter, for tests: a line of JSON in, the resolved state out.

In: {"version": "10", "room": "!id", "events": {"$id": {...}}, "sets": [[["type", "key", "$id"], ...], ...]}
Out: [["type", "key", "$id"], ...], or {"error": "..."}
"""

import asyncio
import json
import sys

import synapse.server  # noqa: F401  (its modules import one another: this order works)
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.events import make_event_from_dict
from synapse.state.v2 import resolve_events_with_store
from synapse.storage.databases.main.event_federation import StateDifference


class NoClock:
    async def sleep(self, _duration):
        pass


class Store:
    """What Synapse asks its database: a chain includes the events it starts from."""

    def __init__(self, events):
        self.events = events

    async def get_events(self, event_ids, allow_rejected=False):
        return {one: self.events[one] for one in event_ids if one in self.events}

    def chain(self, event_ids):
        found = set()
        stack = list(event_ids)
        while stack:
            one = stack.pop()
            if one not in found and one in self.events:
                found.add(one)
                stack.extend(self.events[one].auth_event_ids())
        return found

    async def get_auth_chain_difference(self, room_id, state_sets, conflicted_state, _additional):
        chains = [self.chain(state) for state in state_sets]
        difference = set.union(*chains) - set.intersection(*chains)
        subgraph = None
        if conflicted_state is not None:
            below = self.chain(conflicted_state)
            subgraph = {one for one in below if self.chain([one]) & conflicted_state}
        return StateDifference(auth_difference=difference, conflicted_subgraph=subgraph)


for line in sys.stdin:
    try:
        case = json.loads(line)
        version = KNOWN_ROOM_VERSIONS[case["version"]]
        events = {}
        for event_id, pdu in case["events"].items():
            event = make_event_from_dict(pdu, version)
            if event.event_id != event_id:
                raise ValueError(f"{event_id} is {event.event_id} here")
            events[event_id] = event
        sets = [{(kind, key): one for kind, key, one in state} for state in case["sets"]]
        resolved = asyncio.run(
            resolve_events_with_store(NoClock(), case["room"], version, sets, dict(), Store(events))
        )
        answer = sorted([kind, key, one] for (kind, key), one in resolved.items())
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
