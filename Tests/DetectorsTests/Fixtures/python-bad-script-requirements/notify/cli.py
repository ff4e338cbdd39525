def main():
    print("sent")
