from redis import Redis
from rq import Queue

mails = Queue("mails", connection=Redis())
reports = Queue("reports", connection=Redis())
