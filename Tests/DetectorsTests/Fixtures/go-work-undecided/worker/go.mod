module example.com/team/worker

go 1.22
