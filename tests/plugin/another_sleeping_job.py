"""A job of another kind than ``sleeping_job.py``, that does the same."""

from tests.plugin.sleeping_job import do
from vl_tb_plugin.plugin.job_process import work

if __name__ == "__main__":
    work(do, (ValueError,))
