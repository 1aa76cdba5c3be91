"""The queue of work in the background, with real processes."""

import time

import psutil
import pytest

from tests.waiting import wait_until
from vl_tb_plugin.plugin.jobs import MOST_WAITING, Job, JobQueue
from vl_tb_plugin.plugin.request import BadRequest, NotFound

MODULE = "tests.plugin.sleeping_job"


def job(id, task, *, subject=None, ended=None, module=MODULE):
    return Job(id, f"job {id}", module, task.encode, subject or id, ended or (lambda state: None))


def state(queue, id):
    return (queue.known(id) or {}).get("state")


@pytest.fixture
def queue():
    made = JobQueue()
    yield made
    for one in made.all():
        made.cancel(one["id"])


def test_jobs_follow_each_other_and_tell_what_became_of_them(queue):
    ended = {}
    tasks = {"slow": "sleep 0.2", "fails": "fail", "crashes": "crash", "dies": "die"}
    for id, task in tasks.items():
        queue.submit(job(id, task, ended=lambda state, id=id: ended.update({id: state})))
    while any(one["state"] in ("waiting", "running") for one in queue.all()):
        assert sum(one["state"] == "running" for one in queue.all()) <= 1
        time.sleep(0.02)
    wait_until(lambda: len(ended) == 4)
    assert list(ended.items()) == [
        ("slow", "done"),
        ("fails", "failed"),
        ("crashes", "failed"),
        ("dies", "failed"),
    ]
    errors = {one["id"]: one["error"] for one in queue.all()}
    assert errors["slow"] is None
    assert errors["fails"] == "There is nothing to do."
    assert "KeyError" in errors["crashes"] and "secret" not in errors["crashes"]
    assert "status 7" in errors["dies"]
    assert queue.known("slow")["progress"] == 1 and queue.known("fails")["progress"] == 0.5


def test_a_job_that_failed_stays_so_until_asked_again(queue):
    def begin():
        raise BadRequest("no such thing")

    failing = Job("a", "a", MODULE, begin, "a")
    queue.submit(failing)
    wait_until(lambda: state(queue, "a") == "failed")
    assert queue.submit(failing)["error"] == "no such thing"
    assert queue.submit(job("a", "sleep 0"), again=True)["state"] == "waiting"


def test_a_cancelled_job_ends_its_process_and_one_that_waits_never_begins(queue):
    ended = []
    others = psutil.Process().children()
    queue.submit(job("running", "sleep 60", ended=ended.append))
    queue.submit(job("waiting", "sleep 60", ended=ended.append))
    wait_until(lambda: (queue.known("running") or {})["message"] == "sleep")
    processes = [one for one in psutil.Process().children() if one not in others]
    assert processes
    assert queue.cancel("waiting")["state"] == "cancelled"
    assert queue.cancel("running")["state"] == "cancelled"
    psutil.wait_procs(processes, timeout=10)
    assert not any(one.is_running() for one in processes)
    wait_until(lambda: ended == ["cancelled", "cancelled"])
    with pytest.raises(NotFound, match="no such computation"):
        queue.cancel("unknown")


def test_eight_may_wait(queue):
    queue.submit(job("first", "sleep 60"))
    wait_until(lambda: state(queue, "first") == "running")
    for number in range(MOST_WAITING):
        queue.submit(job(f"{number}", "sleep 60"))
    with pytest.raises(BadRequest, match="wait already") as refused:
        queue.submit(job("one too many", "sleep 60"))
    assert refused.value.status == 503
    assert queue.submit(job("3", "sleep 60"))["state"] == "waiting"  # known already
    queue.cancel("3")
    assert queue.submit(job("one too many", "sleep 60"))["state"] == "waiting"


def test_jobs_of_another_kind_do_not_wait(queue):
    for id in ("first", "second"):
        queue.submit(job(id, "sleep 60"))
    queue.submit(job("other", "sleep 60", module="tests.plugin.another_sleeping_job"))
    wait_until(lambda: (queue.known("other") or {})["message"] == "sleep")
    assert {one["id"]: (one["state"], one["before"]) for one in queue.all()} == {
        "first": ("running", 0),
        "second": ("waiting", 1),
        "other": ("running", 0),
    }


def test_of_one_subject_only_the_newest_counts(queue):
    queue.submit(job("first", "sleep 60"))
    queue.submit(job("old", "sleep 60", subject="map"))
    queue.submit(job("new", "sleep 60", subject="map"))
    assert queue.known("old") is None
    assert state(queue, "new") == "waiting"
    queue.cancel("first")
    wait_until(lambda: state(queue, "new") == "running")
    queue.submit(job("newest", "sleep 60", subject="map"))
    assert state(queue, "new") == "cancelled"
