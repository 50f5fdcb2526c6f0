module example.org/several

go 1.27
