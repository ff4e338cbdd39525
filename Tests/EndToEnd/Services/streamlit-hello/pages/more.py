import streamlit as st

st.write("nothing more")
