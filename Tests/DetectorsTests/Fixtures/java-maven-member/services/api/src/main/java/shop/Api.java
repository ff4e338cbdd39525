package shop;

public class Api {
    public static void main(String[] arguments) {
        System.out.println(Greeting.of("api"));
    }
}
