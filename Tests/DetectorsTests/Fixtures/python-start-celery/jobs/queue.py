from celery import Celery

queue = Celery("jobs", broker="redis://redis")
queue.conf.beat_schedule = {"nightly": {"task": "jobs.nightly", "schedule": 86400}}
