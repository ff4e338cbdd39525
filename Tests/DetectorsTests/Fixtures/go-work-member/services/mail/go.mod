module example.com/team/mail

go 1.22
