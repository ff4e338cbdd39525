def main():
    print("single")
