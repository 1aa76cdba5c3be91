"""A job that does as it is told: sleep, fail, or end early."""

import os
import sys
import time

from vl_tb_plugin.plugin.job_process import work


def do(task, progress):
    what, _, seconds = task.decode().partition(" ")
    progress(0.5, what)
    if what == "sleep":
        time.sleep(float(seconds))
    elif what == "fail":
        raise ValueError("There is nothing to do.")
    elif what == "crash":
        raise KeyError("secret")
    elif what == "die":
        os._exit(7)
    print("libraries may print", file=sys.stdout)


if __name__ == "__main__":
    work(do, (ValueError,))
