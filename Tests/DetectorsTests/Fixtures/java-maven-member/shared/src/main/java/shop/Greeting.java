package shop;

public class Greeting {
    public static String of(String name) {
        return "hello " + name;
    }
}
